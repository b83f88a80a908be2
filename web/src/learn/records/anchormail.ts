// The mail in which another installation's digest comes (docs/formats/anchor.md): five lines, the signature, the key. What
// stands around them, quoting marks and the line ends of mail programs, is passed over.
export interface AnchorMail {
    text: string;
    signature: string;
    key: string;
}

export function readAnchorMail(mail: string): AnchorMail | undefined {
    const plain = mail.replaceAll('\r', '').split('\n').map((line) => line.replace(/^[>\s]+/, '').trimEnd()).join('\n');
    const text = /noroshi anchor 1\nsequence: \d+\nhead: [0-9a-f]{64}\nat: \S+\nkey: [0-9a-f]{64}\n/.exec(plain)?.[0];
    const signature = /^signature: ([0-9a-f]{128})$/m.exec(plain)?.[1];
    const key = /-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----/.exec(plain)?.[0];
    return text && signature && key ? { text, signature, key: `${key}\n` } : undefined;
}
