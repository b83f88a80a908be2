import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnchorMail } from './anchormail.ts';

const hash = 'ab'.repeat(32);
const text = `noroshi anchor 1\nsequence: 12\nhead: ${hash}\nat: 2026-07-04T06:30:00Z\nkey: ${hash}\n`;
const mail = `この要約を保管してください。\n\n${text}signature: ${hash}${hash}\n\n-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n`;

// What is signed is these bytes: a changed line end would make a true digest look forged.
test('a digest is taken out of the mail as it was signed', () => {
    for (const way of [mail, mail.replaceAll('\n', '\r\n'), mail.split('\n').map((line) => `> ${line}`).join('\n')]) {
        const read = readAnchorMail(way);
        assert.equal(read?.text, text);
        assert.equal(read.signature, hash + hash);
        assert.ok(read.key.startsWith('-----BEGIN PUBLIC KEY-----\n'));
    }
});

test('half a digest is none', () => {
    assert.equal(readAnchorMail(''), undefined);
    assert.equal(readAnchorMail(mail.replace('signature: ', '')), undefined);
    assert.equal(readAnchorMail(mail.slice(0, mail.indexOf('-----END'))), undefined);
});
