/** Questions to the person at the terminal. Only used when standard input is one; asked on standard error. */
export interface Prompter {
  /**
   * Asks for a secret, showing one star for each character.
   * @throws {UserError} `interrupted` when the person presses Ctrl-C or Escape (all three).
   */
  secret(question: string): Promise<string>;
  text(question: string, suggestion: string): Promise<string>;
  /** A question whose answer is no unless the person says yes. */
  confirm(question: string): Promise<boolean>;
}
