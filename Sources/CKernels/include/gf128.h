#ifndef YINHE_GF128_H
#define YINHE_GF128_H

#include <stddef.h>
#include <stdint.h>

#endif
