#include <stdlib.h>
#include <time.h>

/* The least that can be called sleep: one operand in seconds, one wait. */
int main(int argc, char **argv)
{
    if (argc != 2)
        return 1;
    double seconds = strtod(argv[1], NULL);
    struct timespec interval = {.tv_sec = (time_t)seconds};
    interval.tv_nsec = (long)((seconds - (double)interval.tv_sec) * 1e9);
    return nanosleep(&interval, NULL) == 0 ? 0 : 1;
}
