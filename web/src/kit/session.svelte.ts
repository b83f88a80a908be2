// Who sits here. Kept for opening without a network; what a person may do is decided by the server, this only hides
// buttons that would be refused.
import type { Answer, Me } from '../api/types.ts';
import { get, onOtherPerson, onSignedOut, post, Problem, remove, speakFor, Unreachable } from './api.ts';
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
// Of a duty room, used by several people.
export type Terminal = Answer<'/api/identity/terminal'>;
let shared = $state.raw<Terminal>();

export function terminal(): Terminal | undefined {
    return shared?.shared ? shared : undefined;
}
export async function readTerminal(): Promise<void> {
    shared = await get('/api/identity/terminal').catch(() => shared);
}

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
        // The next one at a shared terminal goes on where the port's attention is.
        if (terminal()) location.reload();
        else location.assign('/');
        return;
    }
    person = { ...who, organisation: who.organisation ?? nobodys };
    setZone(who.zone);
    readAs(who.person);
    speakFor(who.person);
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
    await readTerminal();
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

// Goes on as somebody who is present at this shared terminal.
export async function takeOver(as: string, pin: string): Promise<Me> {
    await post('/api/identity/terminal/take-over', {}, { person: as, pin });
    return entered();
}

// The screen shows nothing any more; whoever is present takes over again.
export async function lockScreen(): Promise<void> {
    await post('/api/identity/terminal/lock', {}, {}).catch(() => {});
    await leave();
}
export async function endShift(): Promise<void> {
    await post('/api/identity/terminal/clear', {}, {});
    await leave();
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
    speakFor('');
    person = undefined;
    lapsed = false;
    state = 'out';
    await readTerminal();
}

onSignedOut(() => {
    if (state !== 'in') return;
    // What stands on a shared screen is not for whoever comes by; what was being written is kept for its writer.
    if (terminal()) void leave();
    else lapsed = true;
});
onOtherPerson(() => void begin());
