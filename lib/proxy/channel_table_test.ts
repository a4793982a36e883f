import assert from "node:assert/strict";
import fc from "fast-check";
import { TestChannel, testString } from "../../tests/fixtures/channels.ts";
import { ChannelTable } from "./channel_table.ts";

Deno.test("ChannelTable finds what a map finds, whatever comes and goes", () => {
  const { inner } = testString();
  fc.assert(fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 300 }), (steps) => {
    const table = new ChannelTable();
    const model = new Map<number, TestChannel>();
    let last = 0;
    for (const step of steps) {
      const old = [...model.values()][step];
      if (old === undefined) {
        const channel = new TestChannel(inner, ++last);
        table.add(channel);
        model.set(channel.id, channel);
      } else {
        table.remove(old);
        table.remove(old);
        model.delete(old.id);
      }
      assert.equal(table.size, model.size);
      for (let id = 0; id <= last + 1; id++) assert.equal(table.get(id), model.get(id));
    }
    assert.deepEqual([...table].map(({ id }) => id).sort(), [...model.keys()].sort());
  }));
});

Deno.test("ChannelTable can lose streams while somebody goes through it", () => {
  const { inner } = testString();
  const table = new ChannelTable();
  for (let id = 1; id <= 5; id++) table.add(new TestChannel(inner, id));
  const seen: number[] = [];
  for (const channel of table) {
    seen.push(channel.id);
    table.remove(channel);
    const next = table.get(channel.id + 1);
    if (next !== undefined && channel.id === 2) table.remove(next);
  }
  assert.deepEqual([seen, table.size], [[1, 2, 4, 5], 0]);
});
