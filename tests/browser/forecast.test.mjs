// The forecast, from asking for it to holding it against what a gate clerk saw.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { closeBrowser, desk, device, openIncident, phone, Port, signIn, until, watch } from './port.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let port, duty, incident;
before(async () => {
    port = await Port.start();
    duty = await port.program('duty');
    const { terminals } = await duty.ask('GET', '/api/prepare/port');
    incident = await openIncident(duty, 'ゲートの停止', { terminals: terminals.slice(0, 4).map((one) => one.id), event_time: new Date(Date.now() - 3 * 3_600_000).toISOString() });
});
after(async () => {
    await closeBrowser();
    await port?.stop();
});

const refined = () => until('the forecast is refined', async () => {
    const { forecasts } = await duty.ask('GET', `/api/respond/forecast/incidents/${incident.id}`);
    return forecasts.length > 0 && forecasts[0].state === 'refined';
}, 600_000);

test('a manager asks for a forecast by keyboard and reads when, how long and how sure', async () => {
    // If it failed: nobody at headquarters could say when it will be over, and the road would fill meanwhile.
    const context = await device({ viewport: desk });
    const page = await signIn(context, port, 'duty');
    const wrong = watch(page, port);
    await page.goto(`${port.url}/respond/incident/${incident.id}`);
    const link = page.getByRole('link', { name: '見通しを見る' });
    await link.focus();
    await page.keyboard.press('Enter');
    const make = page.getByRole('button', { name: '見通しを計算する' });
    await make.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'ゲートの再開', exact: true }).waitFor({ timeout: 180_000 });
    await refined();
    await page.getByText('時点の見通し').first().waitFor();
    assert.ok(await page.getByText('10回に8回は').count() >= 4, 'every figure says how sure it is');
    assert.ok(await page.locator('figure svg').count() >= 4);
    // What the chart shows is in the table, for who cannot see it.
    const table = page.locator('figure details').first();
    await table.locator('summary').click();
    assert.ok(await table.locator('tbody tr').count() > 5);
    await page.evaluate(axe);
    const found = await page.evaluate(async () => (await globalThis.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    })).violations.map((one) => `${one.id} ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`));
    assert.deepEqual(found, []);
    assert.deepEqual(wrong, []);
    await context.close();
});

test('a gate clerk reports the tail from a phone, and the forecast says it is behind', async () => {
    // If it failed: what people at the gate see would never reach the forecast, which lives on it.
    const context = await device({ viewport: phone });
    const page = await signIn(context, port, 'duty');
    const wrong = watch(page, port);
    await page.goto(`${port.url}/respond/forecast/${incident.id}`);
    await page.getByLabel('ゲートから最後尾まで').fill('１４００');
    await page.locator('label', { hasText: '数えた' }).click();
    await page.getByRole('button', { name: '知らせる' }).first().click();
    await page.getByText('1400m を記録しました。').waitFor();
    await page.getByText(/新しい情報が1件あります/).first().waitFor();
    const overview = await duty.ask('GET', `/api/respond/forecast/incidents/${incident.id}`);
    assert.equal(overview.seen.length, 1);
    assert.equal(overview.seen[0].value, 1400);
    assert.ok(overview.seen[0].expected, 'held against the forecast in force');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), true, 'nothing sticks out on a phone');
    assert.deepEqual(wrong, []);
    await context.close();
});

test('measures are compared, and a killed server computes what it had promised', async () => {
    // If it failed: a crash in the middle of the night would leave an answer that never comes.
    const started = await duty.ask('POST', `/api/respond/forecast/incidents/${incident.id}/forecasts`, {
        runs: 300, measures: [{ kind: 'do_not_come', amount: 0 }, { kind: 'longer_hours', amount: 3 }],
    });
    assert.ok(started.preview.terminals.length === 4);
    await port.kill();
    await port.restart();
    duty = await port.program('duty');
    await refined();
    const result = await duty.ask('GET', `/api/respond/forecast/forecasts/${started.forecast}`);
    assert.equal(result.measures.length, 2);
    for (const one of result.measures) assert.ok(one.probability_better >= 0 && one.probability_better <= 1);
    assert.equal(result.observations, 1);
    const record = await duty.ask('GET', '/api/respond/forecast/record');
    assert.equal(record.compared, 1);
});
