// The demo's own answers. They are no part of the contract, so OpenAPI does not describe them and nothing generates these.
export interface DemoPerson {
    login: string;
    password: string;
    name: string;
    organisation: string;
    note?: string;
}
export interface Handset {
    person: string;
    name: string;
    organisation: string;
    messages: { at: string; subject: string; text: string; links: string[]; drill: boolean }[];     // the newest first
}
