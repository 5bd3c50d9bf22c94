// Hostile or broken text made fit to look at: what steers a terminal or turns the line round is shown, not obeyed.

 
const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** The text with control characters and direction marks written out: `\u202e`. Line ends and tabs stay. */
export function visible(text: string): string {
  return text.replace(hidden, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
