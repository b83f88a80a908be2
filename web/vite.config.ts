import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, type Plugin } from 'vite';

// The service worker is written by hand (public/sw.js). It only lacks the names of the files that
// make up the shell, which are known when the bundle has been written. Fonts are left out: they are
// kept when they are used.
function shellList(outDir: string): Plugin {
    return {
        name: 'noroshi-shell-list',
        apply: 'build',
        closeBundle() {
            const files = readdirSync(outDir, { recursive: true, withFileTypes: true })
                .filter((file) => file.isFile() && !/\.(woff2|map)$/.test(file.name))
                .map((file) => join(file.parentPath, file.name).slice(outDir.length + 1))
                .filter((name) => name !== 'sw.js')
                .sort();
            const digest = createHash('sha256');
            for (const name of files) digest.update(name).update(readFileSync(join(outDir, name)));
            const worker = join(outDir, 'sw.js');
            const text = readFileSync(worker, 'utf8')
                .replace('__EDITION__', digest.digest('hex').slice(0, 16))
                .replace(`['__FILES__']`, JSON.stringify(files.map((name) => `/${name}`)));
            writeFileSync(worker, text);
        },
    };
}

const outDir = process.env['NOROSHI_WEB_OUT'] || join(import.meta.dirname, 'dist');

export default defineConfig({
    plugins: [svelte(), tailwindcss(), shellList(outDir)],
    build: {
        outDir,
        emptyOutDir: true,
        target: 'es2022',
        // The content security policy knows only files of our own: nothing may become a data: URL.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
    },
    server: { proxy: { '/api': process.env['NOROSHI_URL'] ?? 'http://127.0.0.1:8080' } },
});
