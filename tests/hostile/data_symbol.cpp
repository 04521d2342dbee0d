// Exports something of the right name that is no function.
extern "C" {
char mlacheck_subjects[64] = "not code";
}
