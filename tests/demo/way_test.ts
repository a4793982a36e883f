import assert from "node:assert/strict";
import { HOPS, litPicture, PICTURE } from "./way.ts";

const light = (text: string) => `<${text}>`;

Deno.test("the picture lights up from the guest to the service, and is the same picture otherwise", () => {
  for (const guest of ["guest1", "guest2"]) {
    let before = 0;
    for (let hops = 0; hops <= HOPS; hops++) {
      const text = litPicture(guest, hops, light).join("\n");
      assert.equal(text.replaceAll(/[<>]/g, ""), PICTURE);
      const lit = [...text.matchAll(/<([^<>]*)>/g)].length;
      assert.ok(hops === 0 ? lit === 0 : lit >= before, `${guest} ${hops}`);
      before = lit;
    }
    const all = litPicture(guest, HOPS, light).join("\n");
    assert.ok(all.includes(`<${guest} `) && all.includes("<onegate 10.11.12.13:5030>") && all.includes("<▲>"), all);
  }
  assert.match(litPicture("guest1", 3, light)[3] ?? "", /<one_tproxy_br0>/);
  assert.match(litPicture("guest1", 6, light)[6] ?? "", /┌?.*<one_tproxy ─+┼─+┤>$/);
});
