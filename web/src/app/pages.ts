// Address → page. The only place that knows all rooms.
import type { Component } from 'svelte';
import CasePage from '../respond/incident/CasePage.svelte';
import DecisionPage from '../respond/incident/DecisionPage.svelte';
import IntakePage from '../respond/incident/IntakePage.svelte';
import ObservationsPage from '../respond/incident/ObservationsPage.svelte';
import ReportsPage from '../respond/incident/ReportsPage.svelte';
import SearchPage from '../respond/incident/SearchPage.svelte';
import GuestsPage from '../respond/guests/GuestsPage.svelte';
import WallPage from '../respond/incident/WallPage.svelte';
import FieldPage from '../respond/sweep/FieldPage.svelte';
import SweepPage from '../respond/sweep/SweepPage.svelte';
import ContactsPage from '../prepare/contacts/ContactsPage.svelte';
import DutyPage from '../prepare/contacts/DutyPage.svelte';
import OrganisationsPage from '../prepare/council/OrganisationsPage.svelte';
import PeoplePage from '../prepare/council/PeoplePage.svelte';
import PortPage from '../prepare/port/PortPage.svelte';
import DrillsPage from '../practise/drills/DrillsPage.svelte';
import ExerciseScreen from './ExerciseScreen.svelte';
import BoardScreen from './BoardScreen.svelte';
import HandsetPage from './HandsetPage.svelte';
import HomePage from './HomePage.svelte';
import SettingsPage from './SettingsPage.svelte';

export interface Page {
    path: string;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- captures of the path become properties
    component?: Component<any>;
    // Pages that nobody needs in the first seconds, or without a network, come when they are opened.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    load?: () => Promise<{ default: Component<any> }>;
}

export const pages: Page[] = [
    { path: '', component: HomePage },
    { path: '/respond/incident/new', component: IntakePage },
    { path: '/respond/incident/search', component: SearchPage },
    { path: '/respond/incident/observations', component: ObservationsPage },
    { path: '/respond/incident/{id}', component: BoardScreen },
    { path: '/respond/incident/{id}/case', component: CasePage },
    { path: '/respond/incident/{id}/decide', component: DecisionPage },
    { path: '/respond/incident/{id}/reports', component: ReportsPage },
    { path: '/respond/incident/{id}/review', load: () => import('../respond/incident/ReviewPage.svelte') },
    { path: '/respond/callout/heartbeat', load: () => import('../respond/callout/HeartbeatPage.svelte') },
    { path: '/respond/notices', load: () => import('../respond/notices/NoticesPage.svelte') },
    { path: '/respond/notices/alternatives', load: () => import('../respond/notices/AlternativesPage.svelte') },
    { path: '/respond/notices/desk', load: () => import('../respond/notices/DeskPage.svelte') },
    { path: '/respond/notices/followup', load: () => import('../respond/notices/FollowUpPage.svelte') },
    { path: '/respond/notices/inquiries', load: () => import('../respond/notices/InquiriesPage.svelte') },
    { path: '/respond/forecast/{incident}', load: () => import('../respond/forecast/ForecastPage.svelte') },
    { path: '/respond/notices/report', load: () => import('../respond/notices/ReportPage.svelte') },
    { path: '/respond/guests/{id}', component: GuestsPage },
    { path: '/learn/records', load: () => import('../learn/records/RecordsPage.svelte') },
    { path: '/learn/records/anchors', load: () => import('../learn/records/AnchorsPage.svelte') },
    { path: '/learn/records/disclosures/{id}', load: () => import('../learn/records/DisclosurePage.svelte') },
    { path: '/respond/incident/{id}/wall', component: WallPage },
    { path: '/respond/sweep/{incident}', component: SweepPage },
    { path: '/respond/sweep/field/{id}', component: FieldPage },
    { path: '/practise/drills', component: DrillsPage },
    { path: '/practise/drills/{id}', component: ExerciseScreen },
    { path: '/prepare/council/approvals', load: () => import('../prepare/council/ApprovalsPage.svelte') },
    { path: '/prepare/council/organisations', component: OrganisationsPage },
    { path: '/prepare/council/people', component: PeoplePage },
    { path: '/prepare/council/standing', load: () => import('../prepare/council/StandingPage.svelte') },
    { path: '/prepare/contacts', component: ContactsPage },
    { path: '/prepare/contacts/duty', component: DutyPage },
    { path: '/prepare/contacts/scheme', load: () => import('../prepare/contacts/SchemePage.svelte') },
    { path: '/prepare/contacts/editions', load: () => import('../prepare/contacts/EditionsPage.svelte') },
    { path: '/prepare/contacts/import', load: () => import('../prepare/contacts/ImportPage.svelte') },
    { path: '/prepare/contacts/transfers', load: () => import('../prepare/contacts/TransfersPage.svelte') },
    { path: '/prepare/port', component: PortPage },
    { path: '/watch/detections', load: () => import('../watch/detections/DetectionsPage.svelte') },
    { path: '/watch/detections/{id}', load: () => import('../watch/detections/CasePage.svelte') },
    { path: '/watch/logs', load: () => import('../watch/logs/LogsPage.svelte') },
    { path: '/watch/warnings', load: () => import('../watch/warnings/WarningsPage.svelte') },
    { path: '/handsets', component: HandsetPage },
    { path: '/settings', component: SettingsPage },
];
