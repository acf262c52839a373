#ifndef YINHE_CGMP_SHIM_H
#define YINHE_CGMP_SHIM_H
#include <gmp.h>
#endif
