import type { Words } from '../kit/i18n.svelte.ts';

const files = import.meta.glob<Words>('../**/*.ja.json', { eager: true, import: 'default' });
export default Object.assign({}, ...Object.values(files)) as Words;
