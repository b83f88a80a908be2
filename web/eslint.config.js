import { readdirSync } from 'node:fs';
import svelte from 'eslint-plugin-svelte';
import typescript from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// The walls of the web client (ARCHITECTURE.md): a room imports the kit, the API's types and its
// own folder; the kit imports the API's types; only the app sees everything.
const phases = readdirSync(new URL('./src', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['app', 'kit', 'api'].includes(entry.name))
    .map((entry) => entry.name);
const rooms = phases.flatMap((phase) =>
    readdirSync(new URL(`./src/${phase}`, import.meta.url), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => `${phase}/${entry.name}`),
);
const wall = (files, forbidden, message) => ({
    files,
    rules: {
        'no-restricted-imports': ['error', { patterns: [{ regex: forbidden, message }] }],
    },
});
const code = (folder) => [`src/${folder}/**/*.ts`, `src/${folder}/**/*.svelte`];

export default typescript.config(
    { ignores: ['dist/', 'node_modules/', 'src/api/schema.d.ts'] },
    ...typescript.configs.recommended,
    ...svelte.configs.recommended,
    {
        files: ['**/*.svelte', '**/*.svelte.ts'],
        languageOptions: {
            parserOptions: { parser: typescript.parser, extraFileExtensions: ['.svelte'], svelteConfig },
        },
    },
    {
        languageOptions: {
            globals: {
                window: 'readonly', document: 'readonly', navigator: 'readonly', self: 'readonly',
                location: 'readonly', caches: 'readonly', fetch: 'readonly', localStorage: 'readonly',
                URL: 'readonly', Response: 'readonly', setTimeout: 'readonly', matchMedia: 'readonly',
                AbortController: 'readonly', clearTimeout: 'readonly',
            },
        },
        rules: {
            eqeqeq: 'error',
            'no-console': 'error',
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
            // Our router has no base path; links are plain.
            'svelte/no-navigation-without-resolve': 'off',
            // An inline style is refused by the content security policy.
            'svelte/no-inline-styles': 'error',
            'svelte/no-at-html-tags': 'error',
            // Our sets and maps are replaced as a whole or hold no state that is shown.
            'svelte/prefer-svelte-reactivity': 'off',
        },
    },
    wall(code('api'), '^\\.\\.?/.*(kit|app|prepare|watch|respond|practise|learn|share)/', 'api/ imports nothing.'),
    wall(code('kit'), `/(app|${phases.join('|')})/`, 'The kit knows no room.'),
    ...rooms.map((room) => {
        const [phase, name] = room.split('/');
        const others = rooms.filter((other) => other !== room).map((other) => other.split('/')[1]);
        return wall(
            code(room),
            `(/app/|/(${phases.filter((other) => other !== phase).join('|')})/|^\\.\\./(${others.join('|')})(/|$))`,
            `A room imports kit/, api/ and its own folder (${name}), never another room.`,
        );
    }),
);
