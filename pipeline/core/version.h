/* Version of the numerical code: part of every unit's key. It goes up whenever a result changes
 * by a single bit for the same input; the golden test fails when one does and this has not. */
#ifndef WN_CORE_VERSION_H
#define WN_CORE_VERSION_H

#define WN_VERSION "0.1.0"
#define WN_DATE "November 25, 2026" /* of that version, in manual pages */
enum { NUMERICS_VERSION = 1 };

#endif
