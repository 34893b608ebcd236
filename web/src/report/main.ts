import { mount } from 'svelte';
import '../look/tokens.css';
import Report from './Report.svelte';
import './report.css';

mount(Report, { target: document.getElementById('app')! });
