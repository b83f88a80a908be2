// Organisations, people and terminals by id, for their names on every page. Read once and kept for reading offline.
import type { Organisation, Person, Port } from '../api/types.ts';
import { get } from './api.ts';
import { keepPage, keptPage } from './disk.ts';
import { named } from './i18n.svelte.ts';

let organisationList = $state.raw<Organisation[]>([]);
let personList = $state.raw<Person[]>([]);
let thePort = $state.raw<Port>();

export const organisations = () => organisationList;
export const people = () => personList;
export const port = () => thePort;
export const terminals = () => thePort?.terminals ?? [];

async function readOne<T>(name: string, read: () => Promise<T>, set: (value: T) => void): Promise<void> {
    try {
        const value = await read();
        set(value);
        void keepPage(name, value);
    } catch {
        const kept = await keptPage<T>(name);
        if (kept) set(kept.value);
    }
}

export async function readDirectory(): Promise<void> {
    await Promise.all([
        readOne('organisations', async () => (await get('/api/prepare/council/organisations')).items, (value) => (organisationList = value)),
        readOne('people', async () => (await get('/api/prepare/council/people')).items, (value) => (personList = value)),
        readOne('port', () => get('/api/prepare/port'), (value) => (thePort = value)),
    ]);
}

export function organisationName(id: string | undefined): string {
    return named(organisationList.find((one) => one.id === id));
}
export function terminalName(id: string): string {
    return named(thePort?.terminals.find((one) => one.id === id)) || id;
}
export function personName(id: string): string {
    return personList.find((one) => one.id === id)?.name ?? '';
}
