import { mount } from 'svelte';
import '../kit/style.css';
import App from './App.svelte';
import { beginLanguage } from './language.ts';

void beginLanguage().then(() => {
    mount(App, { target: document.getElementById('app') ?? document.body });
    // After the first paint: text is readable in the device's own font until then.
    void import('./fonts.css');
    if ('serviceWorker' in navigator && import.meta.env.PROD) void navigator.serviceWorker.register('/sw.js').catch(() => {});
});
