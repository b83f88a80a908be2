// Pictures of the main pages for the documents, from a real port with the true course of Nagoya in it:
//   npm run screenshots        writes docs/pictures/*.png
//   npm run screenshots -- --all FOLDER   every page on a phone and a desk, in both languages and themes, to be looked at
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { closeBrowser, desk, device, openIncident, phone, Port, replay, settled, signIn } from './port.mjs';

const everything = process.argv[2] === '--all';
const folder = everything ? process.argv[3] : join(import.meta.dirname, '../../docs/pictures');
await mkdir(folder, { recursive: true });

const port = await Port.start();
try {
    const duty = await port.program('duty');
    const scene = await setScene(duty);
    await replay(port, 0);
    const { items } = await duty.ask('GET', '/api/practise/drills/exercises');
    const exercise = items.find((one) => one.title.includes('名古屋'));
    const drill = exercise.incidents?.[0]?.id ?? (await duty.ask('GET', `/api/respond/incident/incidents?exercise=${exercise.id}`)).items[0].id;
    const pages = {
        home: '/', intake: '/respond/incident/new', board: `/respond/incident/${scene.id}`,
        drill: `/respond/incident/${drill}`, review: `/respond/incident/${drill}/review`, exercise: `/practise/drills/${exercise.id}`,
        drills: '/practise/drills', handsets: '/handsets', contacts: '/prepare/contacts', organisations: '/prepare/council/organisations',
        people: '/prepare/council/people', port: '/prepare/port', settings: '/settings',
        duty: '/prepare/contacts/duty', scheme: '/prepare/contacts/scheme', editions: '/prepare/contacts/editions', import: '/prepare/contacts/import', transfers: '/prepare/contacts/transfers',
        chain: '/respond/callout/heartbeat', sweep: `/respond/sweep/${scene.id}`, field: `/respond/sweep/field/${scene.order}`,
        decide: `/respond/incident/${scene.id}/decide`, case: `/respond/incident/${scene.id}/case`, reports: `/respond/incident/${scene.id}/reports`,
        wall: `/respond/incident/${scene.id}/wall`, observations: '/respond/incident/observations', search: '/respond/incident/search?q=ゲート',
        closing: `/respond/incident/${scene.id}`, report: `/respond/incident/${scene.id}/reports`,
    };
    // What the documents show; README.md uses the first three.
    const wanted = everything
        ? [['phone', phone], ['desk', desk]].flatMap(([size, viewport]) => [['ja', 'day'], ['en', 'night']].flatMap(([language, theme]) =>
            ['sign-in', ...Object.keys(pages), 'writing'].filter((page) => !process.argv[4] || process.argv[4].split(',').includes(page)).map((page) => ({ page, size, viewport, language, theme, name: `${page}-${size}-${language}-${theme}` }))))
        : [
            { page: 'board', viewport: { ...desk, height: 1060 }, language: 'ja', theme: 'day', name: 'board-desk-ja' },
            { page: 'review', viewport: desk, language: 'en', theme: 'day', name: 'review-desk-en' },
            { page: 'writing', viewport: phone, language: 'ja', theme: 'night', name: 'writing-phone-night-ja' },
            { page: 'intake', viewport: phone, language: 'ja', theme: 'day', name: 'intake-phone-ja' },
            { page: 'board', viewport: phone, language: 'en', theme: 'night', name: 'board-phone-night-en' },
            { page: 'drill', viewport: desk, language: 'en', theme: 'day', name: 'drill-desk-en' },
            { page: 'scheme', viewport: desk, language: 'ja', theme: 'day', name: 'scheme-desk-ja' },
            { page: 'sweep', viewport: desk, language: 'ja', theme: 'day', name: 'sweep-desk-ja' },
            { page: 'field', viewport: phone, language: 'ja', theme: 'day', name: 'field-phone-ja' },
            { page: 'case', viewport: desk, language: 'ja', theme: 'day', name: 'case-desk-ja' },
            { page: 'decide', viewport: desk, language: 'ja', theme: 'day', name: 'decide-desk-ja' },
            { page: 'report', viewport: phone, language: 'ja', theme: 'day', name: 'report-phone-ja' },
            { page: 'case', viewport: desk, language: 'en', theme: 'day', name: 'case-desk-en' },
            { page: 'decide', viewport: desk, language: 'en', theme: 'day', name: 'decide-desk-en' },
            { page: 'report', viewport: phone, language: 'en', theme: 'day', name: 'report-phone-en' },
        ];
    let context;
    let kind = '';
    let page;
    for (const one of wanted) {
        const next = `${one.viewport.width} ${one.language} ${one.theme}`;
        if (next !== kind) {
            await context?.close();
            context = await device(one);
            kind = next;
            if (one.page === 'sign-in') {
                page = await context.newPage();
                await page.goto(port.url);
                await page.locator('form').waitFor();
                await settled(page);
                await page.screenshot({ path: join(folder, `${one.name}.png`) });
            }
            // What the server says itself is in the language of the account.
            await duty.ask('PUT', '/api/identity/language', { language: one.language });
            page = await signIn(context, port, 'duty');
        }
        if (one.page === 'sign-in') continue;
        await page.goto(port.url + (pages[one.page] ?? pages.board));
        await settled(page);
        if (one.page === 'intake') for (const effect of [0, 1]) await page.locator('#effects label').nth(effect).click();
        if (one.page === 'writing') await write(page, one);
        if (one.page === 'closing') await close(page, one);
        if (one.page === 'report') await page.locator('.button.primary').first().click();
        if (one.page === 'report') await page.locator('form textarea').first().waitFor();
        await page.screenshot({ path: join(folder, `${one.name}.png`), fullPage: everything && process.env.WHOLE !== undefined });
    }
    await context?.close();
} finally {
    await closeBrowser();
    await port.stop();
}

async function close(page, { viewport }) {
    if (viewport === phone) await page.locator('button[aria-controls=about]').click();
    await page.locator('details.rare summary').click();
    await page.locator('details.rare button').click();
    await page.locator('dialog li').first().waitFor();
}

async function write(page, { viewport, language }) {
    if (viewport === phone) await page.locator('.button.primary.large').last().click();
    const words = language === 'ja' ? ['ゲート前の待機車両は約140台。列は国道に達していない。', '第一ターミナル', '当直'] : ['About 140 trucks are waiting. The queue has not reached the road.', 'Terminal 1', 'Duty officer'];
    await page.locator('form textarea').first().fill(words[0]);
    for (const [index, text] of words.slice(1).entries()) await page.locator('form input[list]').nth(index).fill(text);
}

// A real incident under way, as it might look after two hours.
async function setScene(duty) {
    const { terminals } = await duty.ask('GET', '/api/prepare/port');
    const at = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
    const incident = await openIncident(duty, 'ターミナルシステム（TOS）の停止', {
        event_time: at(131), effects: ['freight', 'ship_movement'], terminals: terminals.slice(0, 3).map((one) => one.id),
        summary: 'ゲートで受付ができない。原因は分かっていない。',
    });
    const base = `/api/respond/incident/incidents/${incident.id}`;
    const entries = [
        [129, 'fact', '第一ターミナル', '当直', '電話', 'ターミナルシステムが止まり、ゲートで受付ができない。ほかのターミナルでも同じ症状。原因は不明。', true],
        [121, 'order', '当直', '記録員', '対面', '連絡表に沿って対策本部の要員に一斉連絡すること。', true],
        [95, 'request', '港湾管理者 当直', '灯浜システムズ', '電話', 'サーバーの状態を確認し、30分以内に第一報をお願いしたい。', false, -20],
        [80, 'rumour', '現場作業員', '第一ターミナル', '無線', '事務所のプリンターから英文の紙が大量に出ているらしい。', false],
        [62, 'fact', '灯浜システムズ', '港湾管理者 当直', '電話', '物理サーバーを再起動したが立ち上がらない。ランサムウェアの可能性がある。', true],
        [55, 'decision', '対策本部長', '全機関', '会議', '警察へ通報する。証拠となる機器の電源を切らないことを徹底する。', true],
        [50, 'fact', '港湾管理者 当直', '灯浜県警察', '電話', '警察へ通報。サイバー担当が現地に向かう。', true, undefined, ['police']],
        [35, 'request', '港湾管理者 当直', '灯浜トラック協会', 'メール', '搬出入の見合わせと、ふ頭方面への配車停止を要請。', true, 8, ['haulier']],
        [14, 'fact', '第一ターミナル', '港湾管理者 当直', '電話', 'ゲート前の待機車両は約120台。列は国道に達していない。', false],
    ];
    for (const [minutes, kind, sender, receiver, medium, content, confirmed, due, audiences] of entries) {
        await duty.ask('POST', `${base}/entries`, {
            event_time: at(minutes), kind, sender, receiver, medium, content, confirmed,
            ...(due === undefined ? {} : { due: at(due) }), ...(audiences ? { audiences } : {}),
        });
    }
    await duty.ask('POST', `${base}/entries`, { event_time: at(14), kind: 'fact', sender: '第一ターミナル', receiver: '港湾管理者 当直', medium: '電話', content: 'ゲート前の待機車両は約140台（120台は数え誤り）。', confirmed: true, corrects: 9 });
    const set = (terminal, milestone, state, time, said) => duty.ask('POST', `${base}/milestones`, { terminal: terminals[terminal].id, milestone, state, time: at(time), event_time: at(said) });
    await set(0, 'detected', 'reached', 129, 129);
    await set(0, 'gate_open', 'announced', 30, 90);
    await set(0, 'gate_open', 'announced', -60, 40);
    await set(0, 'gate_open', 'announced', -240, 10);
    await set(1, 'system_back', 'announced', -180, 10);
    const { items: organisations } = await duty.ask('GET', '/api/prepare/council/organisations');
    const callout = await duty.ask('POST', '/api/respond/callout/callouts', {
        incident: incident.id, text: 'TOSが停止しています。対策本部を設置します。参集の可否を応答してください。',
        organisations: organisations.filter((one) => ['port_manager', 'police', 'vendor'].includes(one.kind)).map((one) => one.id),
        roles: ['leader', 'clerk', 'liaison', 'security_person', 'member'],
    });
    const answers = [{ answer: 'coming', coming_at: at(-25) }, { answer: 'substitute', substitute: '鈴木' }];
    for (const [index, answer] of answers.entries()) {
        const one = callout.addressees[index];
        if (one) await duty.ask('POST', `/api/respond/callout/callouts/${callout.id}/answers`, { person: one.person, ...answer });
    }
    await setCase(duty, incident, organisations, terminals, at);
    const order = await setSweep(duty, incident.id);
    return { ...incident, order };
}

// Twice the same questions to all others: what has changed shows, and a liaison is on the way.
async function setSweep(duty, incident) {
    const ask = async (given) => {
        const { id } = await duty.ask('POST', '/api/respond/sweep/sweeps', { incident });
        const sweep = await duty.ask('GET', `/api/respond/sweep/sweeps/${id}`);
        for (const [index, values] of given.entries()) {
            const site = sweep.sites[index];
            if (!site) continue;
            const answers = sweep.questions.filter((one) => one.of_systems === (site.kind === 'system')).slice(0, values.length)
                .map((question, n) => ({ question: question.question, value: values[n] }));
            await duty.ask('POST', `/api/respond/sweep/sweeps/${id}/answers`, { site: site.site, answers, way: 'telephone', told_by: '当直' });
        }
        return { id, sweep };
    };
    const first = await ask([['no', 'no', 'not_checked'], ['no', 'yes', 'yes']]);
    await duty.ask('POST', `/api/respond/sweep/sweeps/${first.id}/close`, {});
    const second = await ask([['yes', 'yes', 'yes'], ['no', 'yes', 'no']]);
    const { items } = await duty.ask('GET', '/api/prepare/council/people');
    const liaison = items.find((one) => one.roles.some((role) => role.role === 'liaison')) ?? items[0];
    const site = second.sweep.sites[2] ?? second.sweep.sites[0];
    const { id } = await duty.ask('POST', '/api/respond/sweep/orders', {
        incident, person: liaison.id, where: site.name, task: 'ゲートとヤードの状況を確認し、応答のない項目を代わりに回答する。', bring: ['衛星電話', '記録用紙', '身分証'],
        until: new Date(Date.now() + 3 * 3_600_000).toISOString(), report_every_minutes: 30, sweep: second.id, site: site.site,
    });
    return id;
}

// What stands beside the chronology by then.
async function setCase(duty, incident, organisations, terminals, at) {
    const base = `/api/respond/incident/incidents/${incident.id}`;
    const of = (kind) => organisations.find((one) => one.kind === kind).id;
    const admin = await port.program('admin');
    const system = (name, more) => admin.ask('POST', '/api/prepare/port/systems', { name, owner: of('harbour_transport_association'), ...more });
    const tos = await system('共用ターミナルシステム（TOS）', { vendor: of('vendor'), remote_access: 'on_request', functions: ['cargo_handling', 'yard_operation', 'gate'], terminals: terminals.slice(0, 3).map((one) => one.id), without: '直近の在庫表と手書きの受渡票で搬出だけ続ける' });
    await system('ゲート予約', { depends_on: [tos.id], functions: ['gate'], terminals: terminals.slice(0, 4).map((one) => one.id) });
    await admin.ask('POST', '/api/prepare/port/systems', { name: '係留設備の監視', owner: of('port_manager'), vendor: of('vendor'), terminals: [terminals[4].id] });
    await duty.ask('PUT', `${base}/systems`, { systems: [tos.id] });
    const earlier = await openIncident(duty, 'ゲート受付の一時停止', { event_time: at(60 * 24 * 40), terminals: [terminals[0].id] });
    await duty.ask('POST', `/api/respond/incident/incidents/${earlier.id}/close`, { reason: '再起動で復旧' });
    await duty.ask('POST', `${base}/links`, { other: earlier.id, relation: 'recurrence', note: '同じ受付サーバー' });
    await duty.ask('POST', `${base}/advice/asked`, { content: '電源を切ってよいか。証拠を残すには何をすべきか。', adviser_organisation: of('security_expert'), event_time: at(70), medium: '電話' });
    await duty.ask('POST', `${base}/advice`, { content: '電源は切らず、ネットワークから外すこと。メモリの写しを取ってから調べる。', adviser: '研究所 解析担当', adviser_organisation: of('security_expert'), event_time: at(45), medium: '電話' });
    await duty.ask('POST', `${base}/questions`, { question: '英文の紙の文面と、最初に出た時刻を確認してください。', about: 4, asked_organisation: organisations.find((one) => one.name.includes('第一ターミナル')).id, due: at(-30) });
    await duty.ask('POST', `${base}/hypotheses`, { statement: '保守用のVPN装置から侵入された' });
    await duty.ask('POST', `${base}/hypotheses/1/evidence`, { weight: 'supports', statement: '深夜に見慣れない接続元からの接続がある', entry: 5 });
    await duty.ask('POST', `${base}/hypotheses/1/evidence`, { weight: 'contradicts', statement: 'その時刻は保守会社の作業中だったとの説明' });
    await duty.ask('POST', `${base}/hypotheses/1/judge`, { standing: 'likely', reason: '作業記録がまだ示されていない' });
    await duty.ask('POST', `${base}/hypotheses`, { statement: '受付サーバーの機器の故障' });
    await duty.ask('POST', `${base}/hypotheses/2/judge`, { standing: 'refuted', reason: '複数の機器が同時に止まっている' });
    await duty.ask('POST', `${base}/evidence`, { description: '受付サーバーのディスクの写し', sha256: '9f2c'.repeat(16), size: 512_000_000_000, place: '電算室の金庫', taken_by: '灯浜システムズ 保守担当', seal: '封0012', event_time: at(40) });
    const { items: people } = await duty.ask('GET', '/api/prepare/council/people');
    await duty.ask('POST', `${base}/evidence/1/handover`, { to_person: people.find((one) => one.name.includes('県警察')).id, seal_intact: true, note: '受領書 灯浜-0007' });
    await duty.ask('POST', `${base}/evidence`, { description: '印刷された英文の紙 3枚', place: '対策本部', event_time: at(30) });
    await duty.ask('POST', `${base}/reports`, { items: [{ text: '7月4日 6時30分ごろ、第一〜第三ターミナル。第一ターミナル当直からの電話。' }, { text: '共用のTOSが停止し、ゲートで受付ができない。原因は調査中。' }, { text: '搬出入が止まっている。第四・第五は動いている。' }, {}, { text: '待機車両 約140台（国道には達していない）。滞船なし。' }, { text: '警察へ通報。専門家の助言により機器をネットワークから分離。' }] });
    await duty.ask('POST', `${base}/reports/1/send`, { organisations: [of('police')], medium: 'FAX' });
    const t1 = await port.program('t1');
    await t1.ask('POST', '/api/respond/incident/observations', { content: 'ゲートの画面がときどき数秒止まる。', terminals: [terminals[0].id] });
    const noticed = await duty.ask('POST', '/api/respond/incident/observations', { content: '見覚えのない添付ファイル付きのメールが届いた。', source: '荷主からの電話' });
    await duty.ask('POST', `/api/respond/incident/observations/${noticed.id}/question`, { question: '開いた人はいますか。', asked_organisation: of('harbour_transport_association') });
}
