// What only a demo answers.
import type { Answer } from './types.ts';

export type DemoPerson = Answer<'/api/demo/people'>['items'][number];
export type Handset = Answer<'/api/demo/handsets'>['items'][number];
