/** The letter as a mail program in the dark shows it: what it says of the dark, said of every scheme. */
export const darkened = (html: string): string =>
  html
    .replace(/prefers-color-scheme\s*:\s*dark/g, 'min-width: 0')
    .replace(/prefers-color-scheme\s*:\s*light/g, 'max-width: 0')
