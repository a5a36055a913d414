/* How every program starts MPI. */
#ifndef WN_STAGES_START_H
#define WN_STAGES_START_H

/* MPI_Init_thread, which waits for every rank: where one died on its way there, or the launcher lost sight of
 * it, this process would wait for ever. After WN_MPI_TIMEOUT seconds (600; 0: never) it says so and exits
 * with EXIT_RESOURCE. program: named in the message. */
void start_mpi(const char *program, int *argc, char ***argv);

#endif
