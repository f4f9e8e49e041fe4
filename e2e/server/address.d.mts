export const port: number;
export const origin: string;
