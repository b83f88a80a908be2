// Tabs of one browser agree by Web Locks. Without them (plain http in a LAN) every tab goes ahead: what is sent carries
// one key for all, so that a second sending changes nothing.
const held = new Set<string>();

// Runs `work` unless another tab is at it.
export async function ifFree(name: string, work: () => Promise<void>): Promise<boolean> {
    if (!navigator.locks) {
        if (held.has(name)) return false;
        held.add(name);
        await work().finally(() => held.delete(name));
        return true;
    }
    return (await navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
        if (lock) await work();
        return lock !== null;
    })) as boolean;
}

// Takes the lock for as long as this page lives, or until it is let go.
export async function take(name: string): Promise<(() => void) | undefined> {
    if (!navigator.locks) return () => {};
    return new Promise((done) => {
        void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
            if (!lock) {
                done(undefined);
                return undefined;
            }
            return new Promise<void>((letGo) => done(letGo));
        });
    });
}
