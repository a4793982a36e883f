/**
 * Who answers for the packages. Whoever publishes them sets it before the first release.
 *
 * @module
 */

/** A name and an address, as in the field Maintainer of a .deb. The domain "invalid" belongs to nobody (RFC 2606). */
export const MAINTAINER = "The authors of one-tproxy <one-tproxy@opennebula.invalid>";
