// Who answers the newest of many wishes: one at a time, and while a run plays a few times a second.
export abstract class Newest<Wish extends { isPlaying: boolean }> {
  busy = $state(false);
  #next: Wish | null = null;
  #runs = false;

  protected abstract answer(wish: Wish): Promise<void>;
  protected get isOutdated() {
    return this.#next !== null;
  }
  want(wish: Wish) {
    this.#next = wish;
    this.busy = true;
    if (!this.#runs) this.#run();
  }
  async #run() {
    this.#runs = true;
    while (this.#next) {
      const wish = this.#next;
      this.#next = null;
      await this.answer(wish);
      if (wish.isPlaying) await new Promise((on) => setTimeout(on, 200));
    }
    this.#runs = this.busy = false;
  }
}
