/** Messages of one turn go together. */
export class Outbox<Message> {
  private messages: Message[] = [];

  constructor(private readonly flush: (messages: readonly Message[]) => void) {}

  add(message: Message): void {
    if (this.messages.push(message) > 1) return;
    queueMicrotask(() => this.flush(this.messages.splice(0)));
  }
}
