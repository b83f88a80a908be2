// Passkeys: the browser's side of WebAuthn. The server says which site and challenge, and checks what comes back.
import { Refused } from './refused.ts';

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
    const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
function base64urlOf(bytes: ArrayBuffer): string {
    return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

// Only where the page is trusted (TLS, or this machine) and has a name; an address of digits has no passkeys.
export function canUsePasskeys(): boolean {
    return window.isSecureContext && 'PublicKeyCredential' in window && !/^[\d.]+$|^\[/.test(location.hostname);
}

async function asked<T>(work: Promise<T>): Promise<T> {
    try {
        return await work;
    } catch (error) {
        // The person thought better of it, or waited too long, or the device has no such key.
        if (error instanceof DOMException) throw new Refused(error.name);
        throw error;
    }
}

export async function makePasskey(
    challenge: string, site: string, who: { person: string; login: string; name: string }, known: string[],
): Promise<{ client_data: string; attestation: string }> {
    const made = (await asked(navigator.credentials.create({
        publicKey: {
            challenge: bytesOf(challenge), rp: { id: site, name: 'Noroshi' },
            user: { id: new TextEncoder().encode(who.person), name: who.login, displayName: who.name },
            pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
            authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
            excludeCredentials: known.map((id) => ({ type: 'public-key', id: bytesOf(id) })),
            attestation: 'none', timeout: 300_000,
        },
    }))) as PublicKeyCredential;
    const said = made.response as AuthenticatorAttestationResponse;
    return { client_data: base64urlOf(said.clientDataJSON), attestation: base64urlOf(said.attestationObject) };
}

export async function showPasskey(
    challenge: string, site: string,
): Promise<{ credential: string; client_data: string; authenticator_data: string; signature: string }> {
    const shown = (await asked(navigator.credentials.get({
        publicKey: { challenge: bytesOf(challenge), rpId: site, userVerification: 'required', timeout: 300_000 },
    }))) as PublicKeyCredential;
    const said = shown.response as AuthenticatorAssertionResponse;
    return {
        credential: base64urlOf(shown.rawId), client_data: base64urlOf(said.clientDataJSON),
        authenticator_data: base64urlOf(said.authenticatorData), signature: base64urlOf(said.signature),
    };
}
