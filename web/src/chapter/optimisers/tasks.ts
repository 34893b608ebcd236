import type { Task } from '../../part/tasks.svelte';
export const tasks: Task[] = [];
