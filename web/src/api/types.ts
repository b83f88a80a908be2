// The server's types under the names the client uses. Nothing is written by hand here that the
// server says itself: schema.d.ts is generated from /api/openapi.json and never committed.
import type { paths } from './schema';

export type Verb = 'get' | 'post' | 'put' | 'delete';
export type PathOf<V extends Verb> = {
    [P in keyof paths]: paths[P] extends { [K in V]: { responses: unknown } } ? P : never;
}[keyof paths];

// A list in an answer is always there, though the schema cannot say so.
type Whole<T> = T extends readonly (infer Item)[]
    ? Whole<Item>[]
    : T extends object
      ? { [K in keyof T as NonNullable<T[K]> extends readonly unknown[] ? K : never]-?: Whole<NonNullable<T[K]>> } & {
            [K in keyof T as NonNullable<T[K]> extends readonly unknown[] ? never : K]: Whole<T[K]>;
        }
      : T;

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
type Operation<P extends keyof paths, V extends Verb> = V extends keyof paths[P] ? paths[P][V] : never;
export type Answer<P extends keyof paths, V extends Verb = 'get'> =
    Operation<P, V> extends { responses: infer R }
        ? Whole<R extends { 201: infer A } ? Json<A> : R extends { 200: infer A } ? Json<A> : never>
        : never;
export type Body<P extends keyof paths, V extends Verb> =
    Operation<P, V> extends { requestBody?: infer B } ? Json<NonNullable<B>> : never;
type Item<P extends keyof paths> = Answer<P> extends { items: (infer I)[] } ? I : never;

export type Me = Answer<'/api/identity/me'>;
export type Role = Me['roles'][number]['role'];
export type Organisation = Item<'/api/prepare/council/organisations'>;
export type OrganisationKind = Organisation['kind'];
export type Person = Item<'/api/prepare/council/people'>;
export type Contact = Item<'/api/prepare/contacts'>;
export type ContactList = Item<'/api/prepare/contacts/lists'>;
export type Post = ContactList['posts'][number];
export type ContactProblem = Item<'/api/prepare/contacts/problems'>;
export type Duty = Item<'/api/prepare/contacts/duty'>;
export type DutyCalendar = Answer<'/api/prepare/contacts/duty/{organisation}'>;
export type Rotation = DutyCalendar['rotations'][number];
export type Scheme = Answer<'/api/prepare/contacts/scheme'>;
export type Flow = Scheme['flows'][number];
export type Editions = Answer<'/api/prepare/contacts/editions'>;
export type Imported = Answer<'/api/prepare/contacts/imports', 'post'>;
export type Port = Answer<'/api/prepare/port'>;
export type Terminal = Port['terminals'][number];
export type Exercise = Item<'/api/practise/drills/exercises'>;
export type Incident = Item<'/api/respond/incident/incidents'>;
export type IncidentInput = Body<'/api/respond/incident/incidents', 'post'>;
export type Effect = Incident['effects'][number];
export type Entry = Item<'/api/respond/incident/incidents/{incident}/entries'>;
export type EntryInput = Body<'/api/respond/incident/incidents/{incident}/entries', 'post'>;
export type EntryKind = Entry['kind'];
export type Attachment = Entry['attachments'][number];
export type Visibility = NonNullable<IncidentInput['visibility']>;
export type Tlp = Visibility['tlp'];
export type MilestoneRow = Item<'/api/respond/incident/incidents/{incident}/milestones'>;
export type MilestoneInput = Body<'/api/respond/incident/incidents/{incident}/milestones', 'post'>;
export type Milestone = MilestoneRow['milestone'];
export type Review = Answer<'/api/respond/incident/incidents/{incident}/review'>;
export type Notice = Item<'/api/respond/notices/notices'>;
export type NoticeInput = Body<'/api/respond/notices/notices', 'post'>;
export type NoticeText = NonNullable<Notice['draft']>['content'];
export type NoticeDesk = Answer<'/api/respond/notices/desk'>;
export type Inquiries = Answer<'/api/respond/notices/inquiries'>;
export type Inquiry = Inquiries['items'][number];
export type Provider = Item<'/api/respond/notices/providers'>;
export type ProviderReport = Provider['reports'][number];
export type Partner = Item<'/api/respond/notices/partners'>;
export type Diversion = Item<'/api/respond/notices/diversions'>;
export type FollowUps = Answer<'/api/respond/notices/followups'>;
export type StandingAnswer = Inquiries['standing'][number];
export type Callout = Item<'/api/respond/callout/callouts'>;
export type Sweep = Item<'/api/respond/sweep/sweeps'>;
export type LiaisonOrder = Item<'/api/respond/sweep/orders'>;
export type CalloutInput = Body<'/api/respond/callout/callouts', 'post'>;
export type Addressee = Callout['addressees'][number];
export type ForecastOverview = Answer<'/api/respond/forecast/incidents/{incident}'>;
export type ForecastSeen = ForecastOverview['seen'][number];
export type ForecastAnswer = Answer<'/api/respond/forecast/forecasts/{forecast}'>;
export type ForecastStarted = Answer<'/api/respond/forecast/incidents/{incident}/forecasts', 'post'>;
export type ForecastAsk = Body<'/api/respond/forecast/incidents/{incident}/forecasts', 'post'>;
export type ForecastMeasure = ForecastAnswer['measures'][number];
export type ForecastRecord = Answer<'/api/respond/forecast/record'>;
