#include "report/palette.h"

const colour_t colours[COLOURS] = {
    [COLOUR_INK] = {"ink", "#000000", "#f2f2f2"},
    [COLOUR_TEXT] = {"text", "#333333", "#d4d4d4"},
    [COLOUR_NOTE] = {"soft", "#5c5c5c", "#a9a9a9"},
    [COLOUR_AXIS] = {"axis", "#555555", "#9a9a9a"},
    [COLOUR_GRID] = {"grid", "#e4e4e4", "#33373c"},
    [COLOUR_FILL] = {"fill", "#c4c9ce", "#555c64"},
    [COLOUR_GUIDE] = {"guide", "#888888", "#8b8b8b"},
    [COLOUR_PAPER] = {"paper", "#ffffff", "#15171a"},
    /* vermillion, blue, bluish green, orange, reddish purple, sky blue: neighbours differ most */
    [COLOUR_COHORT] = {"vermillion", "#d55e00", "#ff8b3d"},
    {"blue", "#0072b2", "#4aa8e8"},
    {"green", "#009e73", "#2cc99b"},
    {"orange", "#e69f00", "#ffc23d"},
    {"purple", "#cc79a7", "#e39cc5"},
    {"sky", "#56b4e9", "#9bd5f7"},
    {"brown", "#7a4a1e", "#c39a6b"},
};
