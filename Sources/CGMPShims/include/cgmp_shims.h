#ifndef CGMP_SHIMS_H
#define CGMP_SHIMS_H
#include <gmp.h>
#endif
