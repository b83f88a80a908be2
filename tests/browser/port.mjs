// A real port for a browser to work in: `noroshi demo` on a directory of its own, and Chromium.
//
// The server can be killed and started again at the same address, as a power cut would do. Nothing here waits for a
// time to pass; everything waits for something to be so.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

export const binary =
    process.env.NOROSHI_BIN ?? process.env.NOROSHI ?? join(import.meta.dirname, '../../build/release/noroshi');

export class Port {
    #process;
    #listen = '127.0.0.1:0';

    // `config`: what stands in its config.toml.
    static async start({ config } = {}) {
        const port = new Port();
        port.data = await mkdtemp(join(tmpdir(), 'noroshi-browser-'));
        if (config) await writeFile(join(port.data, 'config.toml'), config);
        await port.#run();
        return port;
    }

    async #run() {
        this.#process = spawn(binary, ['demo', '--data', this.data, '--listen', this.#listen, '--no-browser'], {
            stdio: ['ignore', 'pipe', 'pipe'],
        });
        const said = [];
        this.#process.stderr.on('data', (bytes) => said.push(bytes));
        this.url = await new Promise((resolve, reject) => {
            this.#process.once('exit', (code) => reject(new Error(`noroshi ended with ${code}\n${Buffer.concat(said)}`)));
            createInterface({ input: this.#process.stdout }).on('line', (line) => {
                const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
                if (address && /public|公開/.test(line)) this.publicUrl = address;
                else if (address) resolve(address);
            });
        });
        this.#listen = new URL(this.url).host;
        await until('the address of the public page is said', () => this.publicUrl);
        await until('the server is healthy', async () => (await fetch(`${this.url}/healthz`)).ok);
    }

    // As a power cut: no goodbye.
    async kill() {
        await this.#end('SIGKILL');
    }

    async #end(signal) {
        const running = this.#process;
        if (running.exitCode !== null || running.signalCode !== null) return;
        running.removeAllListeners('exit');
        const gone = new Promise((resolve) => running.once('exit', resolve));
        running.kill(signal);
        await gone;
    }

    async restart() {
        await this.#run();
    }

    async stop() {
        await this.#end('SIGTERM');
        await rm(this.data, { recursive: true, force: true });
    }

    async people() {
        return (await (await fetch(`${this.url}/api/demo/people`)).json()).items;
    }

    // A program of a person: its own session, for setting a scene and for asking what the server really has.
    async program(login) {
        const { password } = (await this.people()).find((one) => one.login === login);
        const answer = await fetch(`${this.url}/api/identity/session`, {
            method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ login, password }),
        });
        if (answer.status !== 201) throw new Error(`${login} cannot sign in: ${answer.status} ${await answer.text()}`);
        const cookie = answer.headers.getSetCookie().map((one) => one.split(';')[0]).join('; ');
        return {
            cookie,
            ask: async (method, path, body, headers = {}) => {
                const said = await fetch(this.url + path, {
                    method,
                    headers: { Cookie: cookie, Origin: this.url, 'Content-Type': 'application/json', ...headers },
                    body: body === undefined ? undefined : JSON.stringify(body),
                });
                const text = await said.text();
                if (!said.ok) throw new Error(`${method} ${path}: ${said.status} ${text}`);
                return JSON.parse(text);
            },
        };
    }
}

// Asks again until it is so; says what it waited for when it gives up.
export async function until(what, question, patience = 30_000) {
    const last = Date.now() + patience;
    let reason = '';
    for (;;) {
        try {
            const answer = await question();
            if (answer) return answer;
        } catch (error) {
            reason = String(error);
        }
        if (Date.now() > last) throw new Error(`waited in vain: ${what} ${reason}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

let shared;
export function browser() {
    shared ??= chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: [
            '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
            '--disable-component-update', '--disable-sync',
        ],
    });
    return shared;
}
export async function closeBrowser() {
    await (await shared)?.close();
    shared = undefined;
}

export const phone = { width: 390, height: 844 };
export const desk = { width: 1280, height: 860 };

// A device of its own: cookies, storage, language and theme.
export async function device({ viewport = desk, language = 'ja', theme = 'day', ...more } = {}) {
    const context = await (await browser()).newContext({
        viewport, locale: language === 'ja' ? 'ja-JP' : 'en-GB', timezoneId: 'Asia/Tokyo', reducedMotion: 'reduce', ...more,
    });
    await context.addInitScript(([spoken, chosen]) => {
        localStorage.setItem('noroshi.language', spoken);
        localStorage.setItem('noroshi.language.chosen', '1');
        localStorage.setItem('noroshi.theme', chosen);
    }, [language, theme]);
    context.setDefaultTimeout(20_000);
    return context;
}

// Collects what must never happen on a page: errors, violations of the content security policy, requests to elsewhere.
export function watch(page, port) {
    const wrong = [];
    page.on('pageerror', (error) => wrong.push(`${error}`));
    page.on('console', (message) => {
        if (message.type() === 'error' && /Content Security|Refused|Uncaught/i.test(message.text())) wrong.push(message.text());
    });
    page.on('request', (request) => {
        const url = new URL(request.url());
        if (url.protocol.startsWith('http') && url.origin !== new URL(port.url).origin) wrong.push(`request to ${url.origin}`);
    });
    return wrong;
}

export async function signIn(context, port, login) {
    const { password } = (await port.people()).find((one) => one.login === login);
    const page = await context.newPage();
    await page.goto(`${port.url}/settings`);
    await page.locator('input[autocomplete=username]').fill(login);
    await page.locator('input[autocomplete=current-password]').fill(password);
    await page.locator('button[type=submit]').click();
    await page.locator('header nav, header button').first().waitFor({ state: 'attached' });
    await until('signed in', () => page.evaluate(() => localStorage.getItem('noroshi.me') !== null));
    return page;
}

let count = 0;
export async function openIncident(program, title = `試験 ${++count}`, more = {}) {
    return program.ask('POST', '/api/respond/incident/incidents', {
        title, event_time: new Date().toISOString(), effects: ['freight'], ...more,
    }, { 'Idempotency-Key': `test-${process.pid}-${Date.now()}-${count}` });
}

export async function entriesOf(program, incident) {
    const all = [];
    for (let after = 0; ;) {
        const page = await program.ask('GET', `/api/respond/incident/incidents/${incident}/entries?after=${after}&limit=500`);
        all.push(...page.items);
        if (page.items.length === 0) return all;
        after = page.next;
    }
}

export const boardOf = (port, incident) => `${port.url}/respond/incident/${incident.id ?? incident}`;
export const contentField = (page) => page.locator('form textarea').first();

export async function write(page, text) {
    await contentField(page).fill(text);
    await contentField(page).press('Control+Enter');
}
export const line = (page, text) => page.locator('article[id^=line-]', { hasText: text });
export const waitingLine = (page, text) => page.locator('article[data-waiting]', { hasText: text });

// A verb of the program beside the running server: `noroshi token create …`.
export function verb(port, ...words) {
    return new Promise((resolve, reject) => {
        const running = spawn(binary, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LANG: 'ja_JP.UTF-8', LC_ALL: 'ja_JP.UTF-8' } });
        const out = [];
        const wrong = [];
        running.stdout.on('data', (bytes) => out.push(bytes));
        running.stderr.on('data', (bytes) => wrong.push(bytes));
        running.once('exit', (code) =>
            code === 0 ? resolve(`${Buffer.concat(out)}`.trim()) : reject(new Error(`${words[0]} ended with ${code}: ${Buffer.concat(wrong)}`)));
    });
}

export async function replay(port, speed) {
    const token = await verb(port, 'token', 'create', '--data', port.data, '--login', 'duty');
    return verb(port, 'replay', join(import.meta.dirname, '../../data/scenarios/nagoya-2023.yaml'),
        '--server', port.url, '--token', token.split(/\s+/).find((word) => word.startsWith('nrs_')), '--speed', String(speed));
}

// The page has its fonts and its data.
export async function settled(page) {
    await page.locator('main h1, main h2').first().waitFor();
    await until('the page is loaded', () => page.evaluate(async () => {
        await document.fonts.ready;
        return !/読み込んでいます|Loading…/.test(document.body.innerText) && document.fonts.status === 'loaded';
    }));
    await page.waitForLoadState('load');
}
