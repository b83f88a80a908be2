// How a level looks. The word stands beside it always: colour alone says nothing to some.
export const levelTone = {
    critical: { fill: 'bg-danger-soft text-danger outline-2 outline-danger', edge: 'border-l-danger' },
    high: { fill: 'bg-danger-soft text-danger', edge: 'border-l-danger' },
    medium: { fill: 'bg-warn-soft text-warn', edge: 'border-l-warn' },
    low: { fill: 'bg-accent-soft text-accent', edge: 'border-l-accent' },
    informational: { fill: 'bg-page text-soft', edge: 'border-l-line' },
} as const;
