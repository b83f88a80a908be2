let text = $state('');

export function said(): string {
    return text;
}

// Said by readers of the screen when they are idle.
export function announce(next: string): void {
    text = text === next ? `${next}\u00a0` : next;
}
