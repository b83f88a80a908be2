// The browser or the person said no; nothing was sent.
export class Refused extends Error {
    override name = 'Refused';
}
