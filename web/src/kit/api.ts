// The way to the server: typed by its OpenAPI description, problems (RFC 9457) as values to show.
import type { Answer, Body, PathOf, Verb } from '../api/types.ts';
import { heardDate } from './clock.svelte.ts';
import { reached, unreachable } from './connection.svelte.ts';
import { language } from './i18n.svelte.ts';

export interface FieldProblem {
    pointer: string;
    detail: string;
}

// The server understood and refused.
export class Problem extends Error {
    constructor(
        readonly status: number,
        readonly key: string,
        readonly detail: string,
        readonly fields: FieldProblem[],
    ) {
        super(detail);
    }
}

// No answer, or none that can be trusted: it may have been done or not. Only a repeat under the same key is safe.
export class Unreachable extends Error {
    override name = 'Unreachable';
}

let signedOut: () => void = () => {};
export function onSignedOut(handler: () => void): void {
    signedOut = handler;
}

// Whom this window was opened for. Windows of one browser share its cookie; the server refuses what means somebody else
// than who has signed in since.
let meant = '';
let otherPerson: () => void = () => {};
export function speakFor(person: string): void {
    meant = person;
}
export function onOtherPerson(handler: () => void): void {
    otherPerson = handler;
}

export function fill(path: string, captures: Record<string, string | number> = {}): string {
    return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(captures[name])));
}

export interface Asking {
    query?: Record<string, string | number | undefined>;
    key?: string;          // Idempotency-Key
    version?: number | undefined;      // If-Match
    patience?: number;     // milliseconds
}

export async function askRaw(verb: Verb, address: string, how: Asking & { body?: BodyInit; type?: string } = {}): Promise<Response> {
    const query = Object.entries(how.query ?? {}).filter(([, value]) => value !== undefined && value !== '');
    const url = address + (query.length ? `?${new URLSearchParams(query.map(([name, value]) => [name, String(value)]))}` : '');
    const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language() };
    if (how.type) headers['Content-Type'] = how.type;
    if (how.key) headers['Idempotency-Key'] = how.key;
    if (how.version !== undefined) headers['If-Match'] = `"${how.version}"`;
    if (meant && address !== '/api/identity/me') headers['Noroshi-Person'] = meant;
    let answer: Response;
    try {
        answer = await fetch(url, {
            method: verb.toUpperCase(), headers, body: how.body ?? null, credentials: 'same-origin', cache: 'no-store',
            signal: AbortSignal.timeout(how.patience ?? 20_000),
        });
    } catch (error) {
        unreachable();
        throw new Unreachable(String(error));
    }
    heardDate(answer.headers.get('Date'));
    if (answer.status >= 502 && answer.status <= 504 && answer.headers.get('Content-Type')?.includes('html')) {
        unreachable();
        throw new Unreachable(String(answer.status));
    }
    reached();
    if (answer.ok) return answer;
    const text = await answer.text().catch(() => '');
    let said: { key?: string; detail?: string; title?: string; errors?: FieldProblem[] } = {};
    try {
        said = JSON.parse(text) as typeof said;
    } catch {
        // A proxy answered in its own words.
    }
    if (answer.status === 401 && !address.endsWith('/session')) signedOut();
    if (said.key === 'edge.http.other_person') otherPerson();
    throw new Problem(answer.status, said.key ?? '', said.detail ?? said.title ?? `HTTP ${answer.status}`, said.errors ?? []);
}

async function askJson(verb: Verb, address: string, body: unknown, how: Asking): Promise<unknown> {
    const answer = await askRaw(verb, address, {
        ...how, ...(body === undefined ? {} : { body: JSON.stringify(body), type: 'application/json' }),
    });
    try {
        return (await answer.json()) as unknown;
    } catch (error) {
        // Cut off half-way: we do not know.
        unreachable();
        throw new Unreachable(String(error));
    }
}

// What OpenAPI does not describe: the demo's own answers.
export async function getPlain<T>(address: string): Promise<T> {
    return (await askJson('get', address, undefined, {})) as T;
}

type Captures = Record<string, string | number>;

export async function get<P extends PathOf<'get'>>(path: P, captures: Captures = {}, query: Asking['query'] = {}): Promise<Answer<P, 'get'>> {
    return (await askJson('get', fill(path, captures), undefined, { query })) as Answer<P, 'get'>;
}
export async function post<P extends PathOf<'post'>>(
    path: P, captures: Captures, body: Body<P, 'post'> extends never ? Record<string, never> : Body<P, 'post'>, how: Asking = {},
): Promise<Answer<P, 'post'>> {
    return (await askJson('post', fill(path, captures), body, { key: newKey(), ...how })) as Answer<P, 'post'>;
}
export async function put<P extends PathOf<'put'>>(
    path: P, captures: Captures, body: Body<P, 'put'>, how: Asking = {},
): Promise<Answer<P, 'put'>> {
    return (await askJson('put', fill(path, captures), body, { key: newKey(), ...how })) as Answer<P, 'put'>;
}
export async function remove<P extends PathOf<'delete'>>(path: P, captures: Captures = {}): Promise<Answer<P, 'delete'>> {
    return (await askJson('delete', fill(path, captures), undefined, {})) as Answer<P, 'delete'>;
}
export async function send(address: string, body: unknown, key: string): Promise<unknown> {
    return askJson('post', address, body, { key });
}

// crypto.randomUUID is missing on plain http in a LAN; getRandomValues is not.
export function newKey(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
