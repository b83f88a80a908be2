// Who will see it, by name of organisation: said before saving. The rules are those of the server
// (src/kernel/identity/visibility.h); this only names them.
import type { Organisation, Tlp, Visibility } from '../api/types.ts';

export const labels: Tlp[] = ['TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:AMBER+STRICT', 'TLP:RED'];

export function seers(visibility: Visibility, organisations: Organisation[]): Organisation[] {
    const named = new Set(visibility.organisations ?? []);
    switch (visibility.tlp) {
        case 'TLP:CLEAR':
            return organisations;
        case 'TLP:GREEN':
            return organisations.filter((one) => one.member);
        case 'TLP:AMBER':
            return organisations.filter((one) => named.has(one.id) || one.serves.some((served) => named.has(served)));
        case 'TLP:AMBER+STRICT':
            return organisations.filter((one) => named.has(one.id));
        case 'TLP:RED':
            return [];
    }
}
