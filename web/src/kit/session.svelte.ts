// Who sits here. Kept for opening without a network; what a person may do is decided by the server, this only hides
// buttons that would be refused.
import type { Me } from '../api/types.ts';
import { get, onSignedOut, post, Problem, remove, Unreachable } from './api.ts';
import { forgetPages, readAs } from './disk.ts';
import { startEvents, stopEvents } from './events.svelte.ts';
import { closeOutbox, openOutbox } from './outbox.svelte.ts';
import { showPasskey } from './passkey.ts';
import { setZone } from './time.ts';

export type Who = Me & { organisation: NonNullable<Me['organisation']> };
const nobodys = { id: '', name: '', name_en: '', kind: 'other' } as const;

let person = $state.raw<Who>();
let state = $state<'unknown' | 'in' | 'out'>('unknown');
// Signed out by the server while at work: everything on the screen stays, and a window asks to sign in again.
let lapsed = $state(false);

export function me(): Who {
    if (!person) throw new Error('nobody is signed in');
    return person;
}
export function signedIn(): 'unknown' | 'in' | 'out' {
    return state;
}
export function hasLapsed(): boolean {
    return lapsed;
}
export function may(permission: string): boolean {
    return person?.permissions.includes(permission) ?? false;
}

const kept = 'noroshi.me';

async function enter(who: Me): Promise<void> {
    const same = person?.person === who.person;
    if (person && !same) {
        // Someone else sits here now: nothing of the former person's may stay on the screen.
        localStorage.removeItem(kept);
        await forgetPages();
        location.assign('/');
        return;
    }
    person = { ...who, organisation: who.organisation ?? nobodys };
    setZone(who.zone);
    readAs(who.person);
    try {
        localStorage.setItem(kept, JSON.stringify(who));
    } catch {
        // Then the app opens only with a network.
    }
    state = 'in';
    lapsed = false;
    if (!same) stopEvents();
    void startEvents();
    await openOutbox(who.person);
}

export async function begin(): Promise<void> {
    try {
        await enter(await get('/api/identity/me'));
    } catch (error) {
        if (error instanceof Problem && error.status === 401) {
            state = 'out';
            lapsed = false;
        } else if (error instanceof Unreachable || error instanceof Problem) {
            const known = localStorage.getItem(kept);
            if (known) await enter(JSON.parse(known) as Me);
            else state = 'out';
        } else throw error;
    }
}

async function entered(): Promise<Me> {
    const who = await get('/api/identity/me');
    await enter(who);
    return who;
}

export async function signIn(login: string, password: string, code = ''): Promise<Me> {
    await post('/api/identity/session', {}, { login, password, ...(code.trim() ? { code: code.trim() } : {}) });
    return entered();
}

export async function signInWithPasskey(): Promise<Me> {
    const { challenge, site } = await post('/api/identity/session/passkey/challenge', {}, {});
    await post('/api/identity/session/passkey', {}, await showPasskey(challenge, site));
    return entered();
}

// Goes on as somebody who has signed in at this shared terminal.
export async function handOver(to: string): Promise<Me> {
    await post('/api/identity/terminal/hand-over', {}, { person: to });
    return entered();
}

export async function signOut(): Promise<void> {
    await remove('/api/identity/session');
    await leave();
}

async function leave(): Promise<void> {
    stopEvents();
    closeOutbox();
    await forgetPages();
    localStorage.removeItem(kept);
    person = undefined;
    lapsed = false;
    state = 'out';
}

onSignedOut(() => {
    if (state === 'in') lapsed = true;
});
