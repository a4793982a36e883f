/**
 * The probe's streams in outer. It tries the service out and answers how that went. It passes no bytes on, and the stream
 * appears in no count, limit, list or log.
 *
 * @module
 */

import { type Endpoint, remotesOf } from "../address.ts";
import { connectAll } from "../connect_all.ts";
import { describe } from "../errors.ts";
import { PROBE_ADDRESS } from "../names.ts";
import { FRAME, RESET } from "../protocol/frames.ts";
import { encodeProbeAnswer, type ProbeAnswer } from "../protocol/probe_answer.ts";
import type { OuterMux } from "./outer_mux.ts";
import { addressNumber } from "./address_number.ts";
import type { ServiceAdmission } from "./service_admission.ts";

/** The probe's address, as an OPEN frame has it. */
export const PROBE_NUMBER = addressNumber(PROBE_ADDRESS);

/** How many services are tried out at once, for all bridges. An inner admits fewer. */
const MOST_PROBES = 64;

/** How long a service may take to accept, in milliseconds. The probe waits for longer. */
const DIAL_MS = 3_000;

/** Serves the probe's streams. */
export class ProbeServer {
  readonly #admission: Pick<ServiceAdmission, "endpointOf">;
  #live = 0;

  /**
   * @param admission Knows the services.
   */
  constructor(admission: Pick<ServiceAdmission, "endpointOf">) {
    this.#admission = admission;
  }

  /**
   * Tries a service out and answers. It never throws.
   *
   * @param mux The string that the stream came on.
   * @param id The stream's channel number. The channel is never added to the string.
   * @param servicePort The service port.
   */
  async serve(mux: OuterMux, id: number, servicePort: number): Promise<void> {
    if (this.#live >= MOST_PROBES) return mux.writer.reset(id, RESET.refused);
    this.#live++;
    const answer = await tryOut(this.#admission.endpointOf(mux.bridge, servicePort));
    this.#live--;
    if (mux.isGone) return;
    // If an inner reads no answers, they must not wait: none of them is counted.
    if (!mux.writer.hasRoom) return mux.writer.reset(id, RESET.refused);
    // So short a chunk is copied at once.
    void mux.writer.data(id, encodeProbeAnswer(answer));
    mux.writer.bare(FRAME.fin, id);
    // What was sent before the FIN is still delivered. Then inner forgets the stream, whatever the probe does.
    mux.writer.reset(id, RESET.gone);
  }
}

async function tryOut(endpoint: Endpoint | undefined): Promise<ProbeAnswer> {
  const began = performance.now();
  const answer = (attempts: ProbeAnswer["attempts"]) => {
    return { from: "outer" as const, attempts, ms: performance.now() - began };
  };
  if (endpoint === undefined) return { ...answer([]), error: "its network has no such service" };
  try {
    return answer(await connectAll(remotesOf(endpoint), DIAL_MS));
  } catch (error) {
    return { ...answer([]), error: describe(error) };
  }
}
