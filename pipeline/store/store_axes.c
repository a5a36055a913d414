/* What a dataset is: its axes, unit and description; and HDF5's dimension scales and labels, which are made
 * from the axes when the file is complete (HDF5 Dimension Scale Specification: the attributes CLASS, NAME
 * and REFERENCE_LIST of a scale, DIMENSION_LIST and DIMENSION_LABELS of a dataset). Every rank of a
 * collective store takes part. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "store/store_internal.h"

typedef struct described {
    char *name, *axes; /* axes: words divided by blanks */
    int dimensions;
    const struct described *scale[STORE_DIMENSIONS]; /* of each dimension, or NULL */
} described_t;

/* A dimension of a dataset that a scale belongs to, as REFERENCE_LIST has it. */
typedef struct {
    hobj_ref_t dataset;
    int dimension;
} use_t;

bool axes_are(const char *attribute)
{
    static const char *const theirs[] = {"DIMENSION_LIST", "DIMENSION_LABELS", "REFERENCE_LIST"};
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++)
        if (strcmp(attribute, theirs[i]) == 0) return true;
    return false;
}

status_t store_describe(store_t *store, const char *object, const char *axes, const char *unit,
                        const char *description)
{
    described_t it = {0};
    status_t status = NULL;
    if (*axes) {
        status =
            mem_grow(&store->described, &store->described_room, store->descriptions + 1, "axes");
        if (!status) status = str_format(&it.name, "%s%s", *object == '/' ? "" : "/", object);
        if (!status) status = str_copy(&it.axes, axes);
        if (status) mem_free(&it.name);
        else store->described[store->descriptions++] = it;
        if (!status) status = store_set_text(store, object, "axes", axes);
    }
    if (!status) status = store_set_text(store, object, "unit", unit);
    return status ? status : store_set_text(store, object, "description", description);
}

void axes_free(store_t *store)
{
    for (size_t i = 0; i < store->descriptions; i++) {
        mem_free(&store->described[i].name);
        mem_free(&store->described[i].axes);
    }
    mem_free(&store->described);
    store->descriptions = 0;
}

/* ---- which dataset is the scale of which axis ---- */

/* The words of axes; more than STORE_DIMENSIONS are counted, not kept. */
static int words_of(const char *axes, char word[STORE_DIMENSIONS][64])
{
    int words = 0;
    for (const char *at = axes; *at; at += *at == ' ') {
        size_t length = strcspn(at, " ");
        if (words < STORE_DIMENSIONS) snprintf(word[words], 64, "%.*s", (int)length, at);
        words++;
        at += length;
    }
    return words;
}

static const described_t *find(const store_t *store, const char *name)
{
    for (size_t i = 0; i < store->descriptions; i++)
        if (strcmp(store->described[i].name, name) == 0) return &store->described[i];
    return NULL;
}

/* The dataset that has an axis's name and, as its only axis, itself; as long as the axis, beside the
 * dataset or else in the root. NULL: there is none. */
static const described_t *scale_of(const store_t *store, const described_t *of, const char *word,
                                   uint64_t length)
{
    char path[1024];
    const char *slash = strrchr(of->name, '/');
    for (int root = 0; root < 2; root++) {
        int group = root ? 0 : (int)(slash - of->name);
        store_info_t info;
        snprintf(path, sizeof path, "%.*s/%s", group, of->name, word);
        const described_t *scale = find(store, path);
        if (!scale || scale == of || strcmp(scale->axes, word) != 0) continue;
        status_t status = store_find(store, path, &info);
        bool fits = !status && info.dimensions == 1 && info.shape[0] == length;
        status_free(&status);
        if (fits) return scale;
    }
    return NULL;
}

/* Finds the scales of a dataset; one that may be a scale itself has none. */
static status_t find_scales(const store_t *store, described_t *of)
{
    char word[STORE_DIMENSIONS][64];
    store_info_t info;
    int words = words_of(of->axes, word);
    status_t status = store_find(store, of->name, &info);
    if (status) return status;
    if (words != info.dimensions)
        return status_new(EXIT_BUG, "%s: %s: '%s' names %d axes of %d", store->path, of->name,
                          of->axes, words, info.dimensions);
    bool own = words == 1 && strcmp(strrchr(of->name, '/') + 1, word[0]) == 0;
    for (int d = 0; !own && d < words; d++)
        of->scale[d] = scale_of(store, of, word[d], info.shape[d]);
    of->dimensions = words;
    return NULL;
}

/* ---- the attributes ---- */

/* The scale of each dimension, a list of references that has one or none. */
static status_t write_list(store_t *store, const described_t *of)
{
    hobj_ref_t target[STORE_DIMENSIONS];
    hvl_t list[STORE_DIMENSIONS];
    hsize_t length = (hsize_t)of->dimensions;
    int scales = 0;
    herr_t code = 0;
    for (int d = 0; d < of->dimensions; d++) {
        const described_t *scale = of->scale[d];
        list[d] = (hvl_t){scale != NULL, scale ? &target[d] : NULL};
        if (!scale) continue;
        scales++;
        if (H5Rcreate(&target[d], store->file, scale->name, H5R_OBJECT, -1) < 0) code = -1;
    }
    if (code < 0) return store_error(store, of->name, "refer to the scales");
    if (!scales) return NULL;
    hid_t type = H5Tvlen_create(H5T_STD_REF_OBJ);
    status_t status = store_set_attribute(store, of->name, "DIMENSION_LIST", type, &length, list);
    H5Tclose(type);
    return status;
}

static status_t write_labels(store_t *store, const described_t *of)
{
    char word[STORE_DIMENSIONS][64], *label[STORE_DIMENSIONS];
    hsize_t length = (hsize_t)of->dimensions;
    words_of(of->axes, word);
    for (int d = 0; d < of->dimensions; d++) label[d] = word[d];
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    status_t status =
        store_set_attribute(store, of->name, "DIMENSION_LABELS", type, &length, label);
    H5Tclose(type);
    return status;
}

/* Readers insist on this type: ASCII that ends with a zero byte. */
static status_t write_word(store_t *store, const char *object, const char *key, const char *word)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(word) + 1);
    status_t status = store_set_attribute(store, object, key, type, NULL, word);
    H5Tclose(type);
    return status;
}

/* Makes a scale of it, with what it is the scale of. */
static status_t write_scale(store_t *store, const described_t *scale, const use_t *use, size_t uses)
{
    hsize_t length = uses;
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(use_t));
    H5Tinsert(type, "dataset", HOFFSET(use_t, dataset), H5T_STD_REF_OBJ);
    H5Tinsert(type, "dimension", HOFFSET(use_t, dimension), H5T_NATIVE_INT);
    status_t status = store_set_attribute(store, scale->name, "REFERENCE_LIST", type, &length, use);
    H5Tclose(type);
    if (!status) status = write_word(store, scale->name, "CLASS", "DIMENSION_SCALE");
    return status ? status : write_word(store, scale->name, "NAME", strrchr(scale->name, '/') + 1);
}

/* Every use of a scale: use, which has room for all dimensions of all datasets. */
static status_t find_uses(const store_t *store, const described_t *scale, use_t *use, size_t *uses)
{
    for (size_t i = 0; i < store->descriptions; i++) {
        const described_t *of = &store->described[i];
        for (int d = 0; d < of->dimensions; d++) {
            if (of->scale[d] != scale) continue;
            use_t *next = &use[(*uses)++];
            memset(next, 0, sizeof *next); /* the room behind its members is written as well */
            next->dimension = d;
            if (H5Rcreate(&next->dataset, store->file, of->name, H5R_OBJECT, -1) < 0)
                return store_error(store, of->name, "refer to");
        }
    }
    return NULL;
}

status_t axes_write(store_t *store)
{
    use_t *use = NULL;
    status_t status = NULL;
    if (store->descriptions == 0) return NULL;
    status = mem_new(&use, store->descriptions * STORE_DIMENSIONS, "axes");
    for (size_t i = 0; !status && i < store->descriptions; i++)
        status = find_scales(store, &store->described[i]);
    for (size_t i = 0; !status && i < store->descriptions; i++) {
        const described_t *of = &store->described[i];
        size_t uses = 0;
        status = write_labels(store, of);
        if (!status) status = write_list(store, of);
        if (!status) status = find_uses(store, of, use, &uses);
        if (!status && uses) status = write_scale(store, of, use, uses);
    }
    mem_free(&use);
    return store_agree(store, status);
}
