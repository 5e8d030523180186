/**
 * A list that hostile input may not grow without end: of what is too much, the middle is left out, as the first report of a hang and
 * its last ones say most.
 */
export class Kept<T> {
  readonly items: T[] = []
  /** How many were left out. */
  leftOut = 0
  private spent = 0
  private readonly most: number
  private readonly budget: number
  private readonly cost: (item: T) => number

  /**
   * @param most - items that are kept
   * @param budget - sum of costs that is kept
   * @param cost - what an item costs when the next one is added
   */
  constructor(most: number, budget = Number.POSITIVE_INFINITY, cost: (item: T) => number = () => 0) {
    this.most = most
    this.budget = budget
    this.cost = cost
  }

  push(item: T): void {
    const { items } = this
    if (items.length > 0) this.spent += this.cost(items.at(-1)!)
    while (items.length > 1 && (items.length >= this.most || this.spent > this.budget)) this.thin()
    items.push(item)
  }

  /** Takes out a sixteenth, from the middle on. */
  private thin(): void {
    const { items } = this
    const out = items.splice(items.length >> 1, Math.max(1, items.length >> 4))
    this.leftOut += out.length
    for (const item of out) this.spent -= this.cost(item)
  }
}
