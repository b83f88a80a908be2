// 090-1234-5678 for +819012345678: as people here read and dial it.
export function readable(e164: string): string {
    if (!e164.startsWith('+81')) return e164;
    const national = `0${e164.slice(3)}`;
    const cut = (first: number, second: number) => [national.slice(0, first), national.slice(first, first + second), national.slice(first + second)].join('-');
    if (national.length === 11) return national.startsWith('0800') ? cut(4, 3) : cut(3, 4);
    if (/^0(120|570)/.test(national)) return cut(4, 3);
    return /^0[36]/.test(national) ? cut(2, 4) : cut(3, 3);
}
