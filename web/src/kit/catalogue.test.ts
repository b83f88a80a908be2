import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
const catalogues = files.filter((name) => /\.(ja|en)\.json$/.test(name));
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, string>;
const sources = files.filter((name) => /\.(svelte|ts)$/.test(name) && !/\.(test|d)\.ts$/.test(name))
    .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

test('every text is there in Japanese and in English, with the same arguments', () => {
    // If it failed: a foreign shipping line's officer would read a key instead of a sentence.
    for (const name of catalogues.filter((one) => one.endsWith('.ja.json'))) {
        const [ja, en] = [read(name), read(name.replace('.ja.', '.en.'))];
        assert.deepEqual(Object.keys(ja).sort(), Object.keys(en).sort(), name);
        for (const [key, text] of Object.entries(ja)) {
            assert.ok(text.trim() && en[key]?.trim(), key);
            const slots = (words: string) => [...words.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
            assert.deepEqual(slots(text), slots(en[key] ?? ''), key);
        }
    }
});

test('a key stands in the catalogue of its room', () => {
    for (const name of catalogues) {
        const folder = name.split('/').slice(0, -1).join('.');
        for (const key of Object.keys(read(name))) assert.ok(key.startsWith(`${folder}.`), `${name}: ${key}`);
    }
});

test('every key that is used exists, and every one that exists is used', () => {
    const keys = new Set(catalogues.filter((name) => name.endsWith('.ja.json')).flatMap((name) => Object.keys(read(name))));
    const quoted = /['`"]((?:app|kit|prepare|watch|respond|practise|learn|share)\.[\w.+:-]*(?:\$\{[^}]*\}[\w.]*)*)['`"]/g;
    const used = new Set<string>();
    for (const { name, text } of sources) {
        for (const [, found] of text.matchAll(quoted)) {
            if (!found || /\.(ts|svelte|json)$/.test(found)) continue;
            if (found.includes('${')) {
                const like = new RegExp(`^${found.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.')).join('[\\w:+]+')}$`);
                const matching = [...keys].filter((key) => like.test(key));
                assert.ok(matching.length > 0, `${name}: ${found}`);
                for (const key of matching) used.add(key);
            } else used.add(found);
        }
    }
    assert.deepEqual([...keys].filter((key) => !used.has(key)), [], 'nobody says these');
    const calls = sources.flatMap(({ text }) => [...text.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((found) => found[1] ?? ''));
    assert.deepEqual(calls.filter((key) => !keys.has(key)), [], 'these have no words');
});

test('no page holds words of its own', () => {
    // Language names are written in their own language; punctuation is no word.
    const allowed = /日本語|（|）|：|・|【|】|、/g;
    for (const { name, text } of sources.filter((one) => one.name.endsWith('.svelte'))) {
        const markup = text.replace(/<script[\s\S]*?<\/script>/g, '').replace(/<!--[\s\S]*?-->/g, '').replace(allowed, '');
        assert.doesNotMatch(markup, /[\u3040-\u30ff\u4e00-\u9fff]/, name);
    }
});
