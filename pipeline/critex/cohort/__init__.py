"""What follows for many patients and other days: the calendar, the cohort page, plots of laboratory values, and packets of evidence."""
