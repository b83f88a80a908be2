import assert from 'node:assert/strict';
import { test } from 'node:test';

// Svelte's runes exist only in compiled code; the functions below need just the language.
(globalThis as Record<string, unknown>)['$state'] = Object.assign((value: unknown) => value, { raw: (value: unknown) => value });
const { parseEventTime } = await import('./eventtime.ts');
const { clockOf, dayAndClock, fromField, spanOf, toField } = await import('./time.ts');

const now = Date.UTC(2026, 6, 3, 21, 45); // 4 July 2026, 06:45 in Nagoya

test('a clerk types the time the short way', () => {
    // If it failed: lines would carry the time of typing instead of the time of the event.
    for (const typed of ['630', '0630', '6:30', '６：３０', '6時30分', '7/4 6:30', '-15']) {
        assert.equal(parseEventTime(typed, now)?.toISOString(), '2026-07-03T21:30:00.000Z', typed);
    }
    for (const typed of ['', '25:00', '6:61', 'abc', '2/30 10:00']) assert.equal(parseEventTime(typed, now), undefined, typed);
});

test('shortly after midnight, 23:50 is yesterday', () => {
    // If it failed: night entries would lie a day in the future.
    const midnight = Date.UTC(2026, 6, 3, 15, 10);
    assert.equal(parseEventTime('2350', midnight)?.toISOString(), '2026-07-03T14:50:00.000Z');
});

test('times are those of the port, in the form the port uses', () => {
    // If it failed: a device set to another zone would show and write other times.
    assert.equal(dayAndClock('2026-07-03T21:30:00Z'), '2026年7月4日（土）06:30');
    assert.equal(clockOf('2026-07-03T15:00:00Z'), '00:00');
    assert.equal(toField('2026-07-03T21:30:00Z'), '2026-07-04T06:30');
    assert.equal(fromField('2026-07-04T06:30')?.toISOString(), '2026-07-03T21:30:00.000Z');
});

test('spans are said as people say them', () => {
    assert.equal(spanOf(150 * 60_000), '2時間30分');
    assert.equal(spanOf(29.5 * 3_600_000), '29時間30分');
    assert.equal(spanOf(100 * 3_600_000), '4日4時間');
    assert.equal(spanOf(45 * 60_000), '45分');
});
