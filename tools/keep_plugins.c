/* Linked into sanitized builds: plug-ins of MPI stay loaded until the end, so that what they leave
 * behind keeps its names and tools/leaks.txt can tell it from our own leaks. */
int dlclose(void *handle);

int dlclose(void *handle)
{
    (void)handle;
    return 0;
}
