/* The sections of a report, in the order of the paper. */
#ifndef WN_REPORT_SECTION_H
#define WN_REPORT_SECTION_H

typedef enum {
    SECTION_RESULT, /* at the page's top: no heading of its own */
    SECTION_SETTING,
    SECTION_DISTRIBUTION,
    SECTION_NEURONS,
    SECTION_CONDITIONS,
    SECTION_DISSOCIATION,
    SECTION_SURPRISAL,
    SECTION_LAYERS,
    SECTION_TRAINING,
    SECTION_PROXIES,
    SECTION_MISSING,
    SECTIONS
} section_t;

typedef struct {
    const char *id;         /* of the page's anchor */
    const char *title;      /* for people */
    const char *lead;       /* what is to be seen, and by which convention */
    const char *convention; /* how its numbers are made, where that takes more; NULL */
    const char *needs;      /* what it takes, said where it is empty; NULL: it never is */
} section_info_t;
extern const section_info_t sections[SECTIONS];

#endif
