export const packets: Readonly<Record<string, Uint8Array>>
export const xdpContexts: Readonly<Record<string, Uint8Array>>
export const skbContexts: Readonly<Record<string, Uint8Array>>
