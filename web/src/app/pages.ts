// Address → page. The only place that knows all rooms.
import type { Component } from 'svelte';
import CasePage from '../respond/incident/CasePage.svelte';
import HeartbeatPage from '../respond/callout/HeartbeatPage.svelte';
import DecisionPage from '../respond/incident/DecisionPage.svelte';
import IntakePage from '../respond/incident/IntakePage.svelte';
import ObservationsPage from '../respond/incident/ObservationsPage.svelte';
import ReportsPage from '../respond/incident/ReportsPage.svelte';
import ReviewPage from '../respond/incident/ReviewPage.svelte';
import AlternativesPage from '../respond/notices/AlternativesPage.svelte';
import DeskPage from '../respond/notices/DeskPage.svelte';
import FollowUpPage from '../respond/notices/FollowUpPage.svelte';
import InquiriesPage from '../respond/notices/InquiriesPage.svelte';
import NoticesPage from '../respond/notices/NoticesPage.svelte';
import ReportPage from '../respond/notices/ReportPage.svelte';
import SearchPage from '../respond/incident/SearchPage.svelte';
import ForecastPage from '../respond/forecast/ForecastPage.svelte';
import GuestsPage from '../respond/guests/GuestsPage.svelte';
import WallPage from '../respond/incident/WallPage.svelte';
import FieldPage from '../respond/sweep/FieldPage.svelte';
import SweepPage from '../respond/sweep/SweepPage.svelte';
import ContactsPage from '../prepare/contacts/ContactsPage.svelte';
import DutyPage from '../prepare/contacts/DutyPage.svelte';
import EditionsPage from '../prepare/contacts/EditionsPage.svelte';
import ImportPage from '../prepare/contacts/ImportPage.svelte';
import SchemePage from '../prepare/contacts/SchemePage.svelte';
import ApprovalsPage from '../prepare/council/ApprovalsPage.svelte';
import TransfersPage from '../prepare/contacts/TransfersPage.svelte';
import OrganisationsPage from '../prepare/council/OrganisationsPage.svelte';
import PeoplePage from '../prepare/council/PeoplePage.svelte';
import StandingPage from '../prepare/council/StandingPage.svelte';
import PortPage from '../prepare/port/PortPage.svelte';
import DisclosurePage from '../learn/records/DisclosurePage.svelte';
import RecordsPage from '../learn/records/RecordsPage.svelte';
import DrillsPage from '../practise/drills/DrillsPage.svelte';
import DetectionCasePage from '../watch/detections/CasePage.svelte';
import DetectionsPage from '../watch/detections/DetectionsPage.svelte';
import LogsPage from '../watch/logs/LogsPage.svelte';
import WarningsPage from '../watch/warnings/WarningsPage.svelte';
import ExerciseScreen from './ExerciseScreen.svelte';
import BoardScreen from './BoardScreen.svelte';
import HandsetPage from './HandsetPage.svelte';
import HomePage from './HomePage.svelte';
import SettingsPage from './SettingsPage.svelte';

export interface Page {
    path: string;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- captures of the path become properties
    component: Component<any>;
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
    { path: '/respond/incident/{id}/review', component: ReviewPage },
    { path: '/respond/callout/heartbeat', component: HeartbeatPage },
    { path: '/respond/notices', component: NoticesPage },
    { path: '/respond/notices/alternatives', component: AlternativesPage },
    { path: '/respond/notices/desk', component: DeskPage },
    { path: '/respond/notices/followup', component: FollowUpPage },
    { path: '/respond/notices/inquiries', component: InquiriesPage },
    { path: '/respond/forecast/{incident}', component: ForecastPage },
    { path: '/respond/notices/report', component: ReportPage },
    { path: '/respond/guests/{id}', component: GuestsPage },
    { path: '/learn/records', component: RecordsPage },
    { path: '/learn/records/disclosures/{id}', component: DisclosurePage },
    { path: '/respond/incident/{id}/wall', component: WallPage },
    { path: '/respond/sweep/{incident}', component: SweepPage },
    { path: '/respond/sweep/field/{id}', component: FieldPage },
    { path: '/practise/drills', component: DrillsPage },
    { path: '/practise/drills/{id}', component: ExerciseScreen },
    { path: '/prepare/council/approvals', component: ApprovalsPage },
    { path: '/prepare/council/organisations', component: OrganisationsPage },
    { path: '/prepare/council/people', component: PeoplePage },
    { path: '/prepare/council/standing', component: StandingPage },
    { path: '/prepare/contacts', component: ContactsPage },
    { path: '/prepare/contacts/duty', component: DutyPage },
    { path: '/prepare/contacts/scheme', component: SchemePage },
    { path: '/prepare/contacts/editions', component: EditionsPage },
    { path: '/prepare/contacts/import', component: ImportPage },
    { path: '/prepare/contacts/transfers', component: TransfersPage },
    { path: '/prepare/port', component: PortPage },
    { path: '/watch/detections', component: DetectionsPage },
    { path: '/watch/detections/{id}', component: DetectionCasePage },
    { path: '/watch/logs', component: LogsPage },
    { path: '/watch/warnings', component: WarningsPage },
    { path: '/handsets', component: HandsetPage },
    { path: '/settings', component: SettingsPage },
];
