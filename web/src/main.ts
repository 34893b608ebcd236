import { mount } from 'svelte';
import App from './App.svelte';
import './look/tokens.css';
import './look/app.css';
import { speech } from './words/words.svelte';

await speech.speak(speech.language);
mount(App, { target: document.getElementById('app')! });
